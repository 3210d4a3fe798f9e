package config

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// checkContexts looks at what viper would hide: the case of names, names that
// differ only in case, and literal secrets with the line they stand in.
func checkContexts(path string, doc *yaml.Node) error {
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return errorf("%s:%d: a mapping is expected", path, top.Line)
	}
	contexts := member(top, "contexts")
	if contexts == nil || contexts.Kind != yaml.MappingNode {
		return nil // viper says what is wrong, if anything is
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(contexts.Content); i += 2 {
		key, value := contexts.Content[i], contexts.Content[i+1]
		if !IsContextName(key.Value) {
			return errorf("%s:%d: a context's name may hold letters, digits, dots, underscores and hyphens", path, key.Line)
		}
		folded := strings.ToLower(key.Value)
		if seen[folded] {
			return errorf("%s:%d: context %s is there before, perhaps in another case", path, key.Line, key.Value)
		}
		seen[folded] = true
		if err := checkNoSecrets(path, value); err != nil {
			return err
		}
	}
	return nil
}

// checkNoSecrets refuses members that would hold a secret, by name; their values
// are not looked at and never quoted.
func checkNoSecrets(path string, context *yaml.Node) error {
	instead := map[string]string{
		"password": "password_env", "api_key": "api_key_env", "token": "token_env", "bearer_token": "token_env",
		"secret": "api_key_env", "apikey": "api_key_env", "client_key_password": "the variable CLIENT_KEY_PASSWORD",
	}
	for i := 0; i+1 < len(context.Content); i += 2 {
		if better := instead[strings.ToLower(context.Content[i].Value)]; better != "" {
			return errorf("%s:%d: a configuration holds no secrets: %s", path, context.Content[i].Line, context.Content[i].Value).
				hint("put it into a variable and name that with %s", better)
		}
	}
	return nil
}

func contextNames(doc *yaml.Node) []string {
	contexts := member(doc.Content[0], "contexts")
	if contexts == nil {
		return nil
	}
	var names []string
	for i := 0; i+1 < len(contexts.Content); i += 2 {
		names = append(names, contexts.Content[i].Value)
	}
	return names
}

// member is the value of a key of a mapping; nil: it is not there.
func member(mapping *yaml.Node, key string) *yaml.Node {
	if mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}
