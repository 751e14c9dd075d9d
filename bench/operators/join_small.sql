SELECT label, count(*) AS events, max(amount) AS most
FROM events
JOIN kinds USING (kind)
GROUP BY label
