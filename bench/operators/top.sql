SELECT id, amount
FROM events
ORDER BY amount DESC, id
LIMIT 100
