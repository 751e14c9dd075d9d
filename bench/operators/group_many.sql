SELECT count(*) AS keys, max(events) AS most_events, max(amount) AS most_amount
FROM (SELECT key, count(*) AS events, sum(amount) AS amount FROM events GROUP BY key)
