# Two engineers and the parts of one van
# Each says what they took, and what is left is the sum, whoever tells it first. What was taken before somebody counted is in
# the count already; and whoever takes more than there is by the books has taken it: the office sees to it, until there is enough.
Given a company with administrator Amy and engineers Ben and Cal
And it is 07:00 on 2 June 2026 in Europe/London
And a job "Pump at the mill" assigned to Ben
And a job "Tap in the yard" assigned to Cal
And Amy puts 10 "elbow 22 mm" into "van 7"
When Ben's phone syncs
And Cal's phone syncs
And Ben's phone goes offline
And Cal's phone goes offline
And it is 09:00
And Ben takes 4 "elbow 22 mm" from "van 7" for "Pump at the mill"
And it is 10:00
And Cal takes 3 "elbow 22 mm" from "van 7" for "Tap in the yard"
And Cal's phone comes back
Then the office sees 7 "elbow 22 mm" left in "van 7"
And the office sees 3 "elbow 22 mm" taken by Cal for "Tap in the yard"

When it is 11:00
And Ben's phone comes back
Then the office sees 3 "elbow 22 mm" left in "van 7"
And the office sees 4 "elbow 22 mm" taken by Ben for "Pump at the mill"

When Ben's phone goes offline
And it is 12:00
And Ben takes 1 "elbow 22 mm" from "van 7" for "Pump at the mill"
And it is 13:00
And Cal counts 1 "elbow 22 mm" in "van 7"
And Cal's phone syncs
Then the office sees 1 "elbow 22 mm" left in "van 7"

When it is 14:00
And Ben's phone comes back
Then the office sees 1 "elbow 22 mm" left in "van 7"
And the office sees 5 "elbow 22 mm" taken by Ben for "Pump at the mill"

When it is 15:00
And Ben takes 3 "elbow 22 mm" from "van 7" for "Pump at the mill"
And Ben's phone syncs
Then the outcome of "elbow 22 mm" on Ben's phone is applied
And the office sees 2 "elbow 22 mm" missing in "van 7"
And the office has a shortage of "elbow 22 mm" in "van 7" to review
And the office sees 8 "elbow 22 mm" taken by Ben for "Pump at the mill"

When it is 16:00
And Amy puts 6 "elbow 22 mm" into "van 7"
Then the office sees 4 "elbow 22 mm" left in "van 7"
And the office has no shortage of "elbow 22 mm" in "van 7" to review
