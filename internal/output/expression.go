package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/template"
	"time"

	"github.com/itchyny/gojq"
)

// query compiles the jq expression; nil without one.
func (o Options) query() (*gojq.Code, error) {
	if o.JQ == "" {
		return nil, nil
	}
	q, err := gojq.Parse(o.JQ)
	if err != nil {
		return nil, faultf("--jq: %v", err)
	}
	code, err := gojq.Compile(q)
	if err != nil {
		return nil, faultf("--jq: %v", err)
	}
	return code, nil
}

// writeJQ prints texts bare, as jq -r does, and everything else as JSON.
func (o Options) writeJQ(w io.Writer, v any) error {
	code, err := o.query()
	if err != nil {
		return err
	}
	data, err := tree(v)
	if err != nil {
		return err
	}
	for results := code.Run(data); ; {
		r, ok := results.Next()
		if !ok {
			return nil
		}
		if err, failed := r.(error); failed {
			return faultf("--jq: %v", err)
		}
		line, isText := r.(string)
		if !isText {
			encoded, err := gojq.Marshal(r)
			if err != nil {
				return faultf("--jq: %v", err)
			}
			line = string(encoded)
		}
		if _, err := io.WriteString(w, line+"\n"); err != nil {
			return err
		}
	}
}

// template compiles the Go template; nil without one.
func (o Options) template() (*template.Template, error) {
	if o.Template == "" {
		return nil, nil
	}
	t, err := template.New("").Option("missingkey=zero").Funcs(template.FuncMap{
		"json":    jsonText,
		"join":    join,
		"upper":   strings.ToUpper,
		"lower":   strings.ToLower,
		"rfc3339": rfc3339,
	}).Parse(o.Template)
	if err != nil {
		return nil, faultf("--template: %v", strings.TrimPrefix(err.Error(), "template: :"))
	}
	return t, nil
}

func (o Options) writeTemplate(w io.Writer, v any) error {
	t, err := o.template()
	if err != nil {
		return err
	}
	data, err := tree(v)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return faultf("--template: %v", strings.TrimPrefix(err.Error(), "template: :"))
	}
	if b.Len() > 0 && !bytes.HasSuffix(b.Bytes(), []byte("\n")) {
		b.WriteByte('\n')
	}
	_, err = w.Write(b.Bytes())
	return err
}

// tree is v's JSON form as maps, lists and exact numbers.
func tree(v any) (any, error) {
	data, err := encode(v)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var out any
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("read the result back: %w", err)
	}
	return out, nil
}

func jsonText(v any) (string, error) {
	data, err := encode(v)
	return strings.TrimSuffix(string(data), "\n"), err
}

func join(separator string, list any) (string, error) {
	items, ok := list.([]any)
	if !ok {
		return "", fmt.Errorf("join wants a list, not %T", list)
	}
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = fmt.Sprint(item)
	}
	return strings.Join(texts, separator), nil
}

// rfc3339 shows the API's epoch milliseconds as a time.
func rfc3339(millis any) (string, error) {
	n, ok := millis.(json.Number)
	if !ok {
		return "", fmt.Errorf("rfc3339 wants epoch milliseconds, not %T", millis)
	}
	ms, err := n.Int64()
	if err != nil {
		return "", err
	}
	return time.UnixMilli(ms).UTC().Format(time.RFC3339), nil
}
