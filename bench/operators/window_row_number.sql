SELECT max(place) AS last_place, count(*) AS events
FROM (SELECT row_number() OVER (PARTITION BY key ORDER BY happened_at) AS place FROM events)
