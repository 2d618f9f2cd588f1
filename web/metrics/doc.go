// Package metrics counts what a gateway does and shows it to Prometheus.
//
// Make a [Metrics] with [New], hand its methods what happens, and serve [Metrics.Handler] where operators are and
// strangers are not: the numbers tell how much a company works. The package is the only home of the Prometheus library.
// It knows of the engine only what [session] knows, decides nothing, and nothing waits for it: what it is told costs
// some hundred nanoseconds and no memory. What has to be counted in the store is counted at most once a minute, when
// somebody looks.
//
// Invariants: no label is, or is made from, anything a stranger sends, or a company, person, device or record; so the
// number of series has a bound that is known when the program is built. Names begin with fieldsync_, carry their base
// unit, and end in _total where they count. Whatever can happen is there from the start with the value 0.
package metrics
