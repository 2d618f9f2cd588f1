# 19. Hours for a week that was paid already
# What was exported never changes; what comes late is an adjustment of the next file, and nothing is paid twice.
Given a company with administrator Amy and engineers Ben and Cal
And a job "Pump at the mill" assigned to Cal
And a job "Oven door" assigned to Ben
When Cal's phone syncs
And Cal enters 90 minutes on "Pump at the mill"
And Cal's phone syncs
And Cal's phone goes offline
And Cal enters 180 minutes on "Pump at the mill" 2 hours ago
And Amy approves the hours of Cal
And Amy exports the hours to payroll
Then the first payroll file pays Cal 90 minutes

When Cal's phone comes back
And Ben enters 60 minutes on "Oven door"
And Ben's phone syncs
And Amy approves the hours of Ben
Then the office sees 270 minutes entered by Cal on "Pump at the mill"
And the first payroll file is the same byte for byte

When Amy exports the hours to payroll
Then the second payroll file adjusts Cal by 180 minutes
And the second payroll file pays Cal 0 minutes
And the second payroll file pays Ben 60 minutes
And the second payroll file adjusts Ben by 0 minutes
And the first payroll file is the same byte for byte
And the first payroll file pays Cal 90 minutes

When Amy exports the hours to payroll once more
Then the second payroll file is the same byte for byte
And the first payroll file is the same byte for byte

When Amy exports the hours to payroll
Then Amy is refused with nothing_to_export
And the first payroll file is the same byte for byte
And the second payroll file is the same byte for byte
