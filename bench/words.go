package bench

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// The words of the trade that records are made of: compression is neither flattered by repetition nor denied.
var trade = strings.Fields(`boiler valve pump radiator thermostat flange gasket meter burner filter duct fan coil bearing
	compressor evaporator condenser refrigerant pressure leak crack corrosion blockage vibration noise sensor relay fuse
	breaker cable conduit terminal earth socket lamp ballast panel inverter battery charger motor belt pulley coupling
	cylinder piston seal hose clamp bracket anchor bolt nut washer screw hinge lock handle key door gate roof gutter tile
	window frame glass seal membrane drain trap cistern tap mixer shower basin replaced repaired cleaned checked adjusted
	tightened lubricated calibrated tested measured drained refilled flushed isolated reset bypassed inspected ordered
	returned missing worn loose broken bent burnt wet frozen blocked noisy customer tenant caretaker office site cellar
	attic basement plant room second floor north south east west wing building annex yard garage tomorrow week visit part
	quote invoice photo report please call before arrival access code dog ladder permit hot work lift gloves mask`)

// Phrase is about size bytes of words, always the same for a key.
func Phrase(key Key, size int) string {
	state := binary.BigEndian.Uint64(key[:8]) ^ binary.BigEndian.Uint64(key[8:])
	var b strings.Builder
	b.Grow(size + 16)
	for b.Len() < size {
		// SplitMix64: enough to choose words.
		state += 0x9e3779b97f4a7c15
		z := (state ^ state>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		for range 4 {
			b.WriteString(trade[z%uint64(len(trade))])
			b.WriteByte(' ')
			z /= uint64(len(trade))
		}
	}
	return b.String()
}

// Sheet is the seven short fields and the long one of a record of about 500 bytes, always the same for a key.
func Sheet(key Key) [8]string {
	n := binary.BigEndian.Uint64(key[:8])
	number := strconv.FormatUint(n%1_000_000, 10)
	return [8]string{
		strings.TrimSpace(Phrase(key, 12)) + " " + number,
		"+44 20 " + number,
		"office" + number + "@customer.example",
		number + " High Street, Newtown",
		"K-" + number,
		strconv.FormatUint(n%50_000, 10),
		"active",
		Phrase(key, 330),
	}
}
