# Sentences that no other story has
Given a company with administrator Amy, planner Pia, engineers Ben and Cal and subcontractor Sue
And the setting completion_rule is any
And a customer "ACME Bakery" at "5 Mill Lane"
And a job "Oven door" at "ACME Bakery" assigned to Ben
And a job "Oven light"
And a job "Fan" assigned to Ben
And Pia adds a task "Measure the hinge" to "Oven door"
And Amy sets the mobile right create_job of Sue to on
When Pia assigns "Oven light" to Ben
And Ben's phone syncs
And Sue's phone syncs
And Ben accepts "Oven door" 9 minutes ago
And Ben travels to "Oven door" 8 minutes ago
And Ben starts "Oven door" 7 minutes ago
And Ben pauses "Oven door" because "lunch" 6 minutes ago
And Ben resumes "Oven door" 5 minutes ago
And Ben ticks off "Measure the hinge" on "Oven door"
And Ben declines "Fan" because "No ladder"
And Ben's phone syncs
Then the office sees "Oven door" assigned to Ben
And the office sees "Fan" not assigned to Ben
And the office sees the status of "Oven door" as "in_progress"
And Ben's phone shows 2 jobs
And Ben's phone shows the same as the office

When Sue writes down a job "Leak one" at "ACME Bakery, 5 Mill Lane"
And Sue writes down a job "Leak two" at "Zeta Makers, 5 Nil Lane."
Then Sue's phone was answered alike for "Leak one" and "Leak two"
And Sue's phone shows the words "ACME Bakery, 5 Mill Lane" for "Leak one"
And Sue's phone was never sent anything of "ACME Bakery"
And the office sees no customer of "Leak one"
And the office has a possible duplicate to review on "Leak one" by Sue

When Pia agrees that "Leak one" is of "ACME Bakery"
Then Sue's phone was sent nothing since then
And Sue's phone shows the words "ACME Bakery, 5 Mill Lane" for "Leak one"
And the office sees the customer of "Leak one" as "ACME Bakery"

When Pia links "Leak two" to "ACME Bakery"
Then Sue's phone was sent nothing since then

When Pia takes "Oven light" away from Ben
Then Ben's phone does not show "Oven light"
And Ben's phone was told to forget before it was sent anything new

When Pia notes "Call first" on "Oven door"
Then Ben's phone was sent 1 record since then
And Ben's phone shows the note "Call first" on "Oven door"

When Ben completes "Oven door"
And Ben's phone syncs
And Pia closes "Oven door"
Then the office sees the status of "Oven door" as "closed"

When Pia reopens "Oven door" because "It squeaks"
And Pia cancels "Fan" because "Sold"
And Pia reinstates "Fan"
And Amy deletes "Oven light"
Then the office sees the status of "Fan" as "unassigned"

When Pia sets the mobile right create_job of Ben to on
Then Pia is refused with not_allowed

When Ben's phone goes offline
And Ben changes the phone of "ACME Bakery" to "028 90" 3 minutes ago
And Ben starts the shift 3 hours ago
And Ben's phone reboots
And Ben ends the shift an hour ago
And Ben's phone comes back
Then the office sees the shift of Ben end 60 minutes ago
And the office holds "028 90" of Ben on "ACME Bakery"

When Amy dismisses what is held of Ben on "ACME Bakery"
And Ben's phone goes offline
And Ben's phone comes back
Then the outcome of "028 90" on Ben's phone is dismissed
