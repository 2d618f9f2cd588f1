// Package api is the office's HTTP API under /v1: what a back end, an import and the commands of this program use.
//
// It is the home of huma, which makes the OpenAPI document of the code, and checks requests by it. Collections and their
// fields are those of the model's table; nothing here knows a field by name. Records travel as web/document shows them.
package api
