SELECT id, amount
FROM events
ORDER BY amount, id
LIMIT 10 OFFSET 5000000
