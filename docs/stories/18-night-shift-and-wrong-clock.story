# 18. The night on which the clocks go back, and a phone whose clock is wrong
# From ten to six are nine hours that night. What the phone showed is kept and marked; what counts is when it was.
Given a company with administrator Amy and engineer Ben
And it is 20:00 on 24 October 2026 in Europe/London
And the setting time_zone is Europe/London
And the setting pay_rounding_minutes is 5
And a job "Night watch at the depot" assigned to Ben
When Ben's phone syncs
And the clock of Ben's phone is 37 minutes fast
And Ben's phone goes offline
And it is 22:00
And Ben starts the shift
And Ben starts "Night watch at the depot"
And it is 02:00 on 25 October 2026
And Ben's phone reboots
And it is 06:00
And Ben completes "Night watch at the depot"
And Ben ends the shift
Then Ben's phone has 6 unsent
And the office sees no visits on "Night watch at the depot"

When it is 08:00
And Ben's phone comes back
Then Ben's phone has nothing unsent
And the office sees the shift of Ben start at 22:00
And the office sees the shift of Ben end at 06:00
And the office sees that Ben's phone showed 22:37 at the start of the shift
And the office sees that Ben's phone showed 06:37 at the end of the shift
And the office sees time of Ben flagged as skew_review
And the office sees 4 time events by Ben
And the office sees 540 minutes paid to Ben
And the office sees 120 minutes paid to Ben on 24 October 2026
And the office sees 420 minutes paid to Ben on 25 October 2026
And the office sees a visit of 540 minutes by Ben on "Night watch at the depot"
And the office sees the status of "Night watch at the depot" as "completed"

When Amy approves the hours of Ben
And Amy exports the hours to payroll
Then the first payroll file pays Ben 540 minutes
