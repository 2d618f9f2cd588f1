package report

// Midnight is the first instant of a day in a zone.
var Midnight = midnight
