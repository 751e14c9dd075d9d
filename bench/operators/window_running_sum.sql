SELECT count(*) AS events, max(so_far) AS most
FROM (SELECT sum(amount) OVER (PARTITION BY key ORDER BY happened_at ROWS UNBOUNDED PRECEDING) AS so_far FROM events)
