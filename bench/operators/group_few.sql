SELECT kind, count(*) AS events, sum(amount) AS amount, max(amount) AS most
FROM events
GROUP BY kind
