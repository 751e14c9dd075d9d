SELECT kind, place, id, amount
FROM (
  SELECT kind, id, amount, row_number() OVER (PARTITION BY kind ORDER BY amount DESC, id) AS place
  FROM events)
WHERE place <= 3
