// Package config decides which server a command talks to, with which credential,
// and whether that credential may go there. It reads flags, the process
// environment, .env files and the user's configuration file, and gives one plain
// struct. Nothing else chooses between sources, and nothing else imports viper.
//
// The rules are those of docs/configuration.md. In short:
//
//	target      --url, --data · --context · REALMCTL_CONTEXT · ELASTICSEARCH_URL ·
//	            REALMCTL_DATA · current_context · ./.realmctl
//	credential  the first source that holds a complete one: --credential-env ·
//	            --env-file · process environment · ./.env · the context's variables
//	trust       a credential never goes to a target that a less trusted source named
package config
