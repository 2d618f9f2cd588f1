# 17. All rights at once
Given a company with administrator Amy and engineers Ben and Cal
And a job "Pump at the mill" assigned to Cal
And a job "Lamp at the gate" assigned to Ben
And Amy sets the mobile right edit_job of Ben to on
And Amy sets the mobile right create_job of Cal to on
And Amy sets the mobile right edit_job of Cal to on
When Cal's phone syncs
And the connection of Cal's phone is slow
And Cal notes "Half done" on "Pump at the mill"
And Cal changes the description of "Pump at the mill" to "Needs a seal"
And Amy sets all mobile rights of Cal to read-only
Then Amy is warned with ends_mobile_access
And the office sees the mobile right customers of Cal as read-only
And the office sees the mobile right create_job of Cal as off
And the office sees the mobile right edit_job of Cal as off
And the office sees the mobile right assign_jobs of Cal as off
And the office sees the mobile right invoices of Cal as read-only
And the office sees the mobile right enabled of Cal as off
And the office sees Cal signed in nowhere
And the office sees the note "Half done" by Cal on "Pump at the mill", once
And the outcome of "Half done" on Cal's phone is applied
And the outcome of "Needs a seal" on Cal's phone is applied
And Cal's phone is stopped
And Cal's phone is told "mobile access"
And Cal's phone has nothing unsent

When Ben's phone syncs
And Ben's phone goes offline
And Ben notes "Half of mine" on "Lamp at the gate"
And Ben changes the description of "Lamp at the gate" to "Needs a bulb"
And Amy sets all mobile rights of Ben to none
Then the office sees the mobile right customers of Ben as hidden
And the office sees the mobile right invoices of Ben as none
And the office sees the mobile right enabled of Ben as off

When Ben's phone comes back
Then the office sees the note "Half of mine" by Ben on "Lamp at the gate", once
And the outcome of "Half of mine" on Ben's phone is applied
And the outcome of "Needs a bulb" on Ben's phone is recorded
And Ben's phone has nothing unsent

When Amy sets all web rights of Amy to read-only
Then Amy is refused with last_admin
And the office sees the web right admin of Amy as full
And the office sees the web right jobs of Amy as full
