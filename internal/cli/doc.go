// Package cli is the command line: one file per noun, commands that never ask
// whether their target is local, and exit codes that come from typed errors.
//
//	Main -> newRootCmd -> newNounVerbCmd -> options.run(ctx, app)
//	                                          app.Client   (lazy: config, then engine or network)
//	                                          app.Sink     (proved before anything is sent)
//	                                          app.Show     (package output)
package cli
