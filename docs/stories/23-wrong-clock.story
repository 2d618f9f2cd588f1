# The clock of the phone is wrong
# What it showed is kept and marked; what counts is when it was.
Given a company with planner Amy and engineer Ben
When Ben's phone syncs
And the clock of Ben's phone is 37 minutes fast
And Ben's phone goes offline
And Ben starts the shift
And Ben's phone comes back
Then the office sees the shift of Ben start 0 minutes ago
And the office sees 1 time event by Ben
And the office sees time of Ben flagged as skew_review
