// Package hook tells the back office of events over HTTP, as the Standard Webhooks specification says.
//
// [Deliverer] reads the history of every company behind the position of each of its webhooks ([Source]), sends what the
// webhook asked for, and keeps what did not get through. It does not decide who may see what: the source shows it the
// events as the webhook's owner sees them.
//
// Invariant: an event that a hook's owner may see ends as delivered (answered 2xx) or as a dead letter; a receiver that
// is down, for a day too, and a crash of this process lose none. Messages come at least once and nearly in order.
//
// # A round
//
// A webhook is worked on in rounds, one at a time and apart from all others, so that a slow receiver delays nobody
// else. A round sends the kept messages that are due, then those ahead of the position: at most [inFlight] at once,
// two of one record never at once, at most a page of each kind, for at most [roundTime]. Then it records what came of
// it in one commit. What was sent and not recorded, because the process ended, is sent again under the same id. A
// webhook costs at most a page of events, its kept messages, and a few requests in flight.
//
// # Failures
//
// A message that fails is kept and tried again by [schedule], and the position goes on: one bad message stops nothing.
// When [streakDown] answers in a row speak against the receiver and not the message, the receiver counts as down: the
// position stays, the history keeps the rest, and only the oldest message of the outage is tried by its schedule, and
// one new message every [knock]. So a receiver that is back is found within minutes, and a run of bad messages does not
// block for long. The first message that gets through makes all that failed since the one before it due at once, in
// order. With [maxKept] messages kept the position stays too.
//
// An answer 410, an owner who may not see events any more, and a position that the history has forgotten switch the
// webhook off. When a person switches it on, it goes on from where it was.
//
// # Where messages may go
//
// Addresses are given by customers of whoever runs this server, so private and special addresses are refused when the
// connection is made, on the address that the name resolved to: a name that resolves to another one later gains nothing.
// Redirects are not followed, a proxy of the environment is not used (it would be the proxy whose address is checked),
// what is answered is thrown away, and errors name no addresses. See [CheckURL] and [Config.Private].
package hook
