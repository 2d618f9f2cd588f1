# 3. The same field, from both sides
Given a company with administrator Amy and engineer Ben
And a job "Boiler at 12 High Street" assigned to Ben
And Amy sets the mobile right edit_job of Ben to on
When Ben's phone syncs
And Ben's phone goes offline
And Ben changes the description of "Boiler at 12 High Street" to "Burner replaced" 20 minutes ago
And Amy changes the description of "Boiler at 12 High Street" to "Smells of gas, call first"
And Ben's phone comes back
Then the office sees the description of "Boiler at 12 High Street" as "Smells of gas, call first"
And Ben's phone shows the description of "Boiler at 12 High Street" as "Smells of gas, call first"
And the office keeps "Burner replaced" by Ben as a losing description of "Boiler at 12 High Street"
And the outcome of "Burner replaced" on Ben's phone is recorded because "a newer value stands"
And Ben's phone tells its user "a newer value stands"
And the office has a conflict to review on "Boiler at 12 High Street" by Ben

When Amy adopts "Burner replaced" as the description of "Boiler at 12 High Street"
Then the office sees the description of "Boiler at 12 High Street" as "Burner replaced"
And Ben's phone shows the description of "Boiler at 12 High Street" as "Burner replaced"
And the office has nothing to review on "Boiler at 12 High Street"
