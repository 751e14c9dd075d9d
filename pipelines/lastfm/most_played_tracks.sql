WITH busiest AS (
  SELECT user_id, session
  FROM sessions
  ORDER BY plays DESC, user_id, session
  LIMIT 50
)
SELECT artist, track, count(*) AS plays
FROM session_plays
SEMI JOIN busiest USING (user_id, session)
GROUP BY artist, track
ORDER BY plays DESC, artist, track
LIMIT 10
