# A job is given on by those who may, to those whom they may give it to
# Whatever else somebody in the field says about who is to do a job waits for the office.
Given a company with administrator Amy, engineers Ben and Cal and subcontractors Sid, Sue and Kit
And a customer "Swift Electrical" at "2 Dock Street"
And a customer "Volt Brothers" at "8 Canal Walk"
And Sid is from "Swift Electrical"
And Sue is from "Swift Electrical"
And Kit is from "Volt Brothers"
And Amy sets the mobile right assign_jobs of Sid to on
And a job "Lights in the hall"
And a job "Pump at the mill" assigned to Ben
When Amy gives "Lights in the hall" to the people of "Swift Electrical"
And Sid's phone syncs
And Sue's phone syncs
And Kit's phone syncs
And Ben's phone syncs
And Cal's phone syncs
Then Sid's phone shows "Lights in the hall"
And Sue's phone does not show "Lights in the hall"

When Sid assigns "Lights in the hall" to Sue
And Sid's phone syncs
Then the office sees "Lights in the hall" assigned to Sue
And Sue's phone shows "Lights in the hall"
And Sid's phone has nothing waiting for the office

When Sid assigns "Lights in the hall" to Kit
And Ben assigns "Pump at the mill" to Cal
And Sid's phone syncs
And Ben's phone syncs
Then Sid's phone has 1 waiting for the office
And Ben's phone has 1 waiting for the office
And the office sees "Lights in the hall" not assigned to Kit
And the office sees "Pump at the mill" not assigned to Cal
And Kit's phone does not show "Lights in the hall"
And Cal's phone does not show "Pump at the mill"
And the office has a held change to review on "Lights in the hall" by Sid
And the office has a held change to review on "Pump at the mill" by Ben

When Amy dismisses what is held of Sid on "Lights in the hall"
And Amy releases what is held of Ben on "Pump at the mill"
Then the office sees "Pump at the mill" assigned to Cal
And Cal's phone shows "Pump at the mill"
And Kit's phone does not show "Lights in the hall"
And the office sees "Lights in the hall" assigned to Sue
And the office has nothing to review on "Lights in the hall"
And the office has nothing to review on "Pump at the mill"

And Sid's phone has nothing waiting for the office
And Ben's phone has nothing waiting for the office
And the office sees "Lights in the hall" not assigned to Kit
