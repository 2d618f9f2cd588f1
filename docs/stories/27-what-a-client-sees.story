# A client sees how far the jobs of her company are, and nothing else
Given a company with administrator Amy, engineer Ben and clients Dot and Zoe
And a customer "ACME Bakery" at "5 Mill Lane"
And a customer "Zeta Makers" at "9 Kiln Road"
And Dot is from "ACME Bakery"
And Zoe is from "Zeta Makers"
And a job "Door that was kicked in" at "ACME Bakery" assigned to Ben
And a job "Fan of the kiln" at "Zeta Makers" assigned to Ben
And Amy changes the client title of "Door that was kicked in" to "Oven repair"
And Amy changes the description of "Door that was kicked in" to "Ask for cash"
And Amy changes the remarks of "ACME Bakery" to "Pays late"
And Amy notes "Second time this year" on "Door that was kicked in"
Then Dot's portal shows the progress of "Door that was kicked in" as "planned"
And Dot's portal shows the client title of "Door that was kicked in" as "Oven repair"
And Dot's portal shows the name of "ACME Bakery" as "ACME Bakery"

When Ben's phone syncs
And Ben travels to "Door that was kicked in"
And Ben notes "By the baker" on "Door that was kicked in"
And Ben's phone syncs
Then Dot's portal shows the progress of "Door that was kicked in" as "on_the_way"

When Ben starts "Door that was kicked in"
And Ben's phone syncs
Then Dot's portal shows the progress of "Door that was kicked in" as "in_progress"

When Ben completes "Door that was kicked in"
And Ben's phone syncs
Then Dot's portal shows the progress of "Door that was kicked in" as "completed"
And Dot's portal shows 1 job
And Dot's portal does not show "Fan of the kiln"
And Dot's portal shows nothing of "Zeta"
And Dot's portal shows nothing of "kicked in"
And Dot's portal shows nothing of "cash"
And Dot's portal shows nothing of "Pays late"
And Dot's portal shows nothing of "Second time"
And Dot's portal shows nothing of "By the baker"
And Dot's portal shows nothing of "Ben"
And Zoe's portal shows "Fan of the kiln"
And Zoe's portal shows 1 job
And Zoe's portal does not show "Door that was kicked in"
And Zoe's portal shows nothing of "ACME"
