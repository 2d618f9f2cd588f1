// Package export writes what a company has into files, a file for each collection.
//
// CSV and XLSX of customers, sites, contacts, assets, users and jobs have the columns that an import takes (package shape),
// and behind them what only the server writes: imported into an empty company, they make the same records. A reference is
// the external id of what it refers to, or its id where it has none. All other collections have a column for each field, by
// its name in the API, and references as ids. NDJSON is the API's documents as they are, one a line.
//
// What is written is what the client's user may see, as of one moment. A file appears under its name when it is whole.
package export
