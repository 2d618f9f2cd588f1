// Package portal is the clients' entrance over HTTP, /portal/v1: an external customer signs in, and reads how the work for
// their company goes (domain W18 to W23): jobs with their coarse progress, notes and records of files that are labelled for
// the client, their own card, sites, contacts and assets, and a feed of what changes.
//
// It decides nothing about who sees what: records come from the core as the one projection shows them, pages and filters are
// of what is shown, and the feed is the one that devices follow. What is hidden, deleted, another company's or never was is one
// answer. A session of the portal opens nothing else, and nothing else opens the portal.
//
// It writes nothing but sessions. The bytes of files are not here.
package portal
