WITH longest AS (
  SELECT user_id, session, started_at, ended_at
  FROM sessions
  ORDER BY ended_at - started_at DESC, user_id, session
  LIMIT 10
)
SELECT user_id, session, started_at, ended_at,
       list({played_at: played_at, artist: artist, track: track} ORDER BY played_at, artist, track) AS tracks
FROM session_plays
JOIN longest USING (user_id, session)
GROUP BY user_id, session, started_at, ended_at
ORDER BY ended_at - started_at DESC, user_id, session
