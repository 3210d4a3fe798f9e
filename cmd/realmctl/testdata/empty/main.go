// Command empty does nothing: what a start costs before anything is done.
package main

func main() {}
