// Package lab is two phones and the office side by side in one terminal, with keys for what goes wrong: no signal, a bad
// tunnel, an app that is killed, a wrong clock, a second sign-in, a session that the office ends.
//
// Nothing in it is played. Each phone is package client over a database of its own, and speaks with a gateway through a
// socket and a [tunnel.Tunnel]; the office is a desk's client on the same feed, and asks its [Board] for what is not in
// the feed: who is signed in, ending a session, and letting held work in. What the screen says is what they say.
//
// [Open] opens the devices' folders, [Lab.Show] runs them and draws until the user quits, and [Lab.Close] closes the
// folders, which are good for the next time. It knows nothing of gateways: whoever opens a lab gives it one's address.
//
// A phone in a terminal of its own (fieldsync phone) keeps its data in the same [Folder] and runs in the same [Runner].
//
// # How it is built
//
// Each person has two devices, the second of which sleeps until somebody signs in on it. A goroutine per device looks
// at it whenever its client says that something changed, and hands the screen a picture. The screen never waits for a
// network: what a key starts that may take time runs in a goroutine of the lab's own, which Show waits for. What a key
// saves is on the disk before the next key is taken.
//
// What people typed is shown without control characters, so that a note cannot draw on the terminal.
package lab
