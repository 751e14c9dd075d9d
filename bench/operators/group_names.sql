SELECT count(*) AS names, max(events) AS most_events
FROM (SELECT name, count(*) AS events FROM events GROUP BY name)
