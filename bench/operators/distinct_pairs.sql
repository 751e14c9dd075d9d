SELECT count(*) AS pairs, max(key) AS last_key
FROM (SELECT DISTINCT kind, key FROM events)
