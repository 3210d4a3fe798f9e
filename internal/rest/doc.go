// Package rest is the engine's HTTP dialect, which is Elasticsearch's.
//
//	request -> Guard.Authenticate (401, before any byte of the body)
//	        -> query parameters, media types -> route (400, 405)
//	        -> body's media type (406) -> Route.Parse (400)
//	        -> unknown parameters, unwanted body (400) -> Call.Invalid (400)
//	        -> Guard.Authorize (403) -> Call.Do -> answer
//
// Domain packages list Routes and never see a ResponseWriter. What they return is
// encoded as JSON, or as the caller wants it: pretty, filtered, YAML, compressed.
package rest
