SELECT kind, count(DISTINCT key) AS keys
FROM events
GROUP BY kind
