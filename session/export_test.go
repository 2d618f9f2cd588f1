package session

// Occupy takes the one slot of a hasher until the function it returns is called.
func (p *Passwords) Occupy() (leave func()) {
	p.slots <- struct{}{}
	return p.leave
}
