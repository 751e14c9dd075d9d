SELECT count(*) AS events, max(amount * weight) AS most
FROM events
JOIN keys USING (key)
