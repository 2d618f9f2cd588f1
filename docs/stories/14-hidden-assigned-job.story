# 14. A contractor from whom customers are hidden, on an assigned job
Given a company with planner Amy, engineer Ben and subcontractor Sue
And a customer "ACME Bakery" at "5 Mill Lane"
And Amy changes the billing address of "ACME Bakery" to "1 Counting House Yard"
And Amy changes the email of "ACME Bakery" to "accounts@acme-bakery.example"
And Amy changes the remarks of "ACME Bakery" to "Pays late"
And a job "Last year's oven" at "ACME Bakery" assigned to Ben
And a job "Emergency lights" at "ACME Bakery" assigned to Sue
And Amy writes the access notes "Through the yard, code 4711" for "Emergency lights"
And Amy adds a task "Test the battery" to "Emergency lights"
And Amy notes "Key is with the porter" on "Emergency lights"
When Sue's phone syncs
Then Sue's phone shows "Emergency lights"
And Sue's phone shows the address "5 Mill Lane" for "Emergency lights"
And Sue's phone shows the access notes "Through the yard, code 4711" for "Emergency lights"
And Sue's phone shows the task "Test the battery" on "Emergency lights"
And Sue's phone shows the note "Key is with the porter" on "Emergency lights"
And Sue's phone does not show "Last year's oven"
And Sue's phone does not show "ACME Bakery"
And Sue's phone shows no customers
And Sue's phone shows no sites
And Sue's phone finds nothing for "Bakery"
And Sue's phone was never sent anything of "ACME Bakery"

When Amy changes the credit limit of "ACME Bakery" to "5000.00"
And Amy changes the phone of "ACME Bakery" to "028 9012 3456"
And Amy changes the description of "Last year's oven" to "Door replaced"
Then Sue's phone was sent nothing since then
And Sue's phone was never sent anything of "ACME Bakery"
And the office sees the credit limit of "ACME Bakery" as "5000.00"
