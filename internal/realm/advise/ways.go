package advise

// ways are all that are known, in the order of preference among equals.
func ways() []way {
	return append([]way{
		{
			method: "api_key", license: "basic", where: everywhere,
			on: map[string]verdict{
				REST:    {Recommended, "scoped to what the program does, expires, ends without touching its owner", "realmctl api-key create NAME --read 'logs-*' --expires 30d"},
				CI:      {Recommended, "one key a pipeline, with a short life; rotate it from the pipeline", "realmctl api-key create ci-NAME --read 'logs-*' --expires 7d --save-github NAME_API_KEY"},
				Browser: {Unsuitable, "a key is for programs; people would share it", ""},
				DR:      {Unsuitable, needsIndex, ""},
			},
		},
		{
			method: "service_token", license: "basic", where: stateful, elsewhere: "service accounts are the operator's own on Serverless",
			on: map[string]verdict{
				REST: {Possible, "only for Elastic's own services (fleet-server, kibana); it never expires", "realmctl service-token create elastic/fleet-server NAME"},
				CI:   {Unsuitable, "belongs to a service of Elastic's and never expires", ""},
			},
		},
		{
			method: "service_token", license: "basic", where: "self", elsewhere: notYours,
			on: map[string]verdict{
				DR: {Possible, "a token in a file works without the security index, with the service's rights only", "realmctl file token create elastic/fleet-server NAME"},
			},
		},
		{
			method: "organization", license: NoLicense, where: "ece ech serverless", elsewhere: "there is no orchestrator or organization above this deployment",
			on: map[string]verdict{
				Browser: {Recommended, "single sign-on of the organization or orchestrator, one place for all deployments", ""},
				DR:      {Recommended, "the console resets the password of elastic, or lets an owner in", ""},
			},
		},
		{
			method: "file", license: "basic", where: "self eck", elsewhere: notYours,
			on: map[string]verdict{
				REST:    {Unsuitable, "must be repeated on every node; nobody but the files knows the user", ""},
				CI:      {Unsuitable, "must be repeated on every node; nobody but the files knows the user", ""},
				Browser: {Unsuitable, "for recovery only: keep daily work out of it", ""},
				DR:      {Recommended, "works while the security index is red and when all passwords are lost", "realmctl file recover"},
			},
		},
		{
			method: "native", license: "basic", where: stateful, elsewhere: noRealms,
			on: map[string]verdict{
				REST:    {Possible, "a password has all rights of its user and no expiry; use it to make API keys", "realmctl user create NAME --roles ROLE"},
				CI:      {Unsuitable, "a password in a pipeline has all rights of its user and no expiry", ""},
				Browser: {Possible, "good for a small team without a directory", "realmctl user create NAME --roles ROLE"},
				DR:      {Unsuitable, needsIndex, ""},
			},
		},
	}, append(singleSignOn(), directories()...)...)
}

// singleSignOn are the realms that believe an identity provider.
func singleSignOn() []way {
	return []way{
		{
			method: "jwt", license: "platinum", where: stateful, elsewhere: noRealms,
			on: map[string]verdict{
				REST:    {Possible, "programs that have tokens of an identity provider already; nothing to store", "realmctl authenticate --method jwt"},
				CI:      {Recommended, "pipelines get short-lived tokens from their platform (such as GitHub's); no secret is stored", "realmctl authenticate --method jwt"},
				Browser: {Unsuitable, "has no login of its own; use OpenID Connect", ""},
				DR:      {Unsuitable, needsOthers, ""},
			},
		},
		{
			method: "saml", license: "platinum", where: stateful, elsewhere: noRealms,
			on: map[string]verdict{
				Browser: {Recommended, "single sign-on with logout; what most identity providers speak", checkSettings},
				REST:    {Unsuitable, "needs a browser", ""},
				CI:      {Unsuitable, "needs a browser", ""},
				DR:      {Unsuitable, needsOthers, ""},
			},
		},
		{
			method: "oidc", license: "platinum", where: stateful, elsewhere: noRealms,
			on: map[string]verdict{
				Browser: {Recommended, "single sign-on where the identity provider speaks OpenID Connect", checkSettings},
				REST:    {Unsuitable, "needs a browser", ""},
				CI:      {Unsuitable, "needs a browser; the jwt realm takes the same provider's tokens", ""},
				DR:      {Unsuitable, needsOthers, ""},
			},
		},
	}
}

// directories are the realms of certificates and directories.
func directories() []way {
	return []way{
		{
			method: "pki", license: "gold", where: "self eck ece", elsewhere: "TLS ends before the deployment: client certificates do not arrive",
			on: map[string]verdict{
				REST:    {Possible, "mutual TLS between machines; nothing secret is sent", "realmctl authenticate --method pki"},
				CI:      {Possible, "runners that have certificates already", "realmctl authenticate --method pki"},
				Browser: {Possible, "smart cards; Kibana must be allowed to delegate", checkSettings},
				DR:      {Unsuitable, needsOthers, ""},
			},
		},
		{
			method: "kerberos", license: "platinum", where: stateful, elsewhere: noRealms,
			on: map[string]verdict{
				Browser: {Possible, "single sign-on inside a domain; failures end the chain, so order it last", checkSettings},
				REST:    {Possible, "machines of a domain with tickets", checkSettings},
				CI:      {Unsuitable, "needs a key table on every runner", ""},
				DR:      {Unsuitable, needsOthers, ""},
			},
		},
		{
			method: "ldap", license: "gold", where: stateful, elsewhere: noRealms,
			on: map[string]verdict{
				Browser: {Possible, "passwords of the directory, typed into Kibana; use ldaps://", "realmctl authenticate --method ldap"},
				REST:    {Possible, "people with passwords of the directory; programs want API keys", "realmctl authenticate --method ldap"},
				CI:      {Unsuitable, "a person's password in a pipeline", ""},
				DR:      {Unsuitable, needsOthers, ""},
			},
		},
		{
			method: "active_directory", license: "gold", where: stateful, elsewhere: noRealms,
			on: map[string]verdict{
				Browser: {Possible, "passwords of the domain, typed into Kibana; use ldaps://", "realmctl authenticate --method ad"},
				REST:    {Possible, "people with passwords of the domain; programs want API keys", "realmctl authenticate --method ad"},
				CI:      {Unsuitable, "a person's password in a pipeline", ""},
				DR:      {Unsuitable, needsOthers, ""},
			},
		},
	}
}
