# 2. The office edits while he works
Given a company with planner Amy and engineer Ben
And an own field boiler pressure of jobs
And a job "Boiler service" assigned to Ben
When Ben's phone syncs
And Ben's phone goes offline
And Ben starts "Boiler service" 30 minutes ago
And Ben changes the boiler pressure of "Boiler service" to "1.8 bar" 10 minutes ago
And Amy changes the description of "Boiler service" to "Check the flue too"
And Amy changes the priority of "Boiler service" to "urgent"
And Ben's phone comes back
Then the office sees the status of "Boiler service" as "in_progress"
And the office sees the boiler pressure of "Boiler service" as "1.8 bar"
And the office sees the description of "Boiler service" as "Check the flue too"
And the office sees the priority of "Boiler service" as "urgent"
And Ben's phone shows the status of "Boiler service" as "in_progress"
And Ben's phone shows the boiler pressure of "Boiler service" as "1.8 bar"
And Ben's phone shows the description of "Boiler service" as "Check the flue too"
And Ben's phone shows the priority of "Boiler service" as "urgent"
And Ben's phone tells its user "description is Check the flue too"
And Ben's phone tells its user "priority is 1"
And Ben's phone shows the same as the office
And the office has nothing to review on "Boiler service"
