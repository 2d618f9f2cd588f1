// Package bench measures a server and says how it compares with the floor: the same stack without logic
// ([github.com/fieldsync/fieldsync/bench/floor]). It is the yardstick of speed, and a check that what was measured
// happened.
//
// [Run] plays scenarios on two [Target]s in turn. Each is a process of its own, started from this very program, so that
// its memory and processor time are its own; the load generator is the process that calls Run. Every target is driven by
// the same generator in a closed loop, each through a [Driver] that speaks the server's own protocol. A figure is never
// shown alone: beside it stands the floor's of the same run, taken seconds before or after, and their ratio; of rights, which
// the floor has not, that of the same gateway at rest. Figures move with the machine by a third; ratios are what may be
// compared.
//
// What was acknowledged is read back over another road and compared with the generator's own books, which share no code
// with the server: a target that answers faster than it works is found out ([Report.Wrong]).
//
// The package knows neither protocol nor store; cmd/fieldsync introduces the targets. docs/reference/performance.md
// describes the scenarios, the bars and the JSON.
package bench
