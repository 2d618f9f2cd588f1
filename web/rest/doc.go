// Package rest is what the APIs over HTTP have in common, whoever they are for: how they tell errors, how they read and write
// JSON, and how the model's records and fields are described in an OpenAPI document.
//
// It knows no operation and no caller.
package rest
