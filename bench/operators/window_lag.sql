SELECT count(pause) AS pauses, max(pause) AS longest
FROM (
  SELECT date_diff('second', lag(happened_at) OVER (PARTITION BY key ORDER BY happened_at), happened_at) AS pause
  FROM events)
