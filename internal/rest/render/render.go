// Package render writes answers as the caller wants them: compact or pretty JSON or
// YAML, whole or filtered by paths. It is fed with JSON values and the structure
// around them, so that large answers need not be held in memory.
package render

import (
	"bytes"

	"github.com/realmctl/realmctl/internal/xcontent"
)

// Options say what the caller wants. The zero Options are compact JSON, whole.
type Options struct {
	Pretty bool   // line breaks and indentation; JSON only
	YAML   bool   // instead of JSON
	Filter string // filter_path: patterns parted by commas; empty keeps all
}

// Plain reports whether JSON values go out as they came.
func (o Options) Plain() bool { return !o.Pretty && !o.YAML && o.Filter == "" }

// printer is an output format. Calls come in a valid order.
type printer interface {
	start(array bool)
	end(array, empty bool)
	name(text string)
	scalar(t xcontent.Token, text string)
	raw(value []byte) // a whole value
	close()
}

// Writer writes one document.
type Writer struct {
	out    printer
	filter *filter // nil: keep all
	plain  bool
	frames []frame
	name   string // of the next value in an object
	some   bool   // something was written
}

// frame is an object or array that is open.
type frame struct {
	array   bool
	written bool // its start went out
	seen    bool // it has entries, though they may be dropped
	count   int  // entries that went out
	name    string
	state   state // what the filter makes of its entries
}

// New returns a Writer to out.
func New(out *bytes.Buffer, o Options) *Writer {
	w := &Writer{filter: newFilter(o.Filter), plain: !o.Pretty && !o.YAML}
	switch {
	case o.YAML:
		w.out = newYAML(out)
	case o.Pretty:
		w.out = &prettyJSON{out: out}
	default:
		w.out = &compactJSON{out: out}
	}
	return w
}

// StartObject begins an object.
func (w *Writer) StartObject() { w.start(false) }

// StartArray begins an array.
func (w *Writer) StartArray() { w.start(true) }

// Name is the name of the next value in an object.
func (w *Writer) Name(name string) { w.name = name }

func (w *Writer) start(array bool) {
	w.frames = append(w.frames, frame{array: array, name: w.name, state: w.enter()})
}

// End ends the innermost object or array. One that lost all its entries to the
// filter is left out, one that never had any is not.
func (w *Writer) End() {
	n := len(w.frames) - 1
	if f := w.frames[n]; !f.written && !f.seen && f.state.keeps() {
		w.flush()
	}
	f := w.frames[n]
	if f.written {
		w.out.end(f.array, f.count == 0)
	}
	w.frames = w.frames[:n]
}

// Value writes a JSON value.
func (w *Writer) Value(value []byte) error {
	if w.filter == nil && w.plain {
		w.begin()
		w.out.raw(value)
		return nil
	}
	r := xcontent.New(value)
	for {
		t, err := r.Next()
		if err != nil || t == xcontent.None {
			return err
		}
		if err := w.token(r, t); err != nil {
			return err
		}
	}
}

func (w *Writer) token(r *xcontent.Reader, t xcontent.Token) error {
	switch t {
	case xcontent.StartObject:
		w.StartObject()
	case xcontent.StartArray:
		w.StartArray()
	case xcontent.EndObject, xcontent.EndArray:
		w.End()
	case xcontent.FieldName:
		w.Name(r.Name())
	case xcontent.Null:
		w.scalar(t, "null")
	case xcontent.String, xcontent.Number, xcontent.Boolean:
		text, err := r.Text()
		if err != nil {
			return err
		}
		w.scalar(t, text)
	case xcontent.None:
	}
	return nil
}

func (w *Writer) scalar(t xcontent.Token, text string) {
	if w.enter().keeps() {
		w.begin()
		w.out.scalar(t, text)
	}
}

// enter is what the filter makes of the value that comes next.
func (w *Writer) enter() state {
	n := len(w.frames) - 1
	if n < 0 {
		return w.filter.root()
	}
	f := &w.frames[n]
	f.seen = true
	if f.array {
		return f.state
	}
	return w.filter.step(f.state, w.name)
}

// begin writes what must come before a value: the starts of all that is open, and
// the value's name.
func (w *Writer) begin() {
	n := len(w.frames) - 1
	w.some = true
	if n < 0 {
		return
	}
	name := w.name
	w.flush()
	f := &w.frames[n]
	f.count++
	if !f.array {
		w.out.name(name)
	}
}

// flush writes the starts that wait.
func (w *Writer) flush() {
	for i := range w.frames {
		f := &w.frames[i]
		if f.written {
			continue
		}
		if i > 0 {
			parent := &w.frames[i-1]
			parent.count++
			if !parent.array {
				w.out.name(f.name)
			}
		}
		w.out.start(f.array)
		f.written = true
		w.some = true
	}
}

// Close ends the document. If the filter left nothing, it is an empty object.
func (w *Writer) Close() {
	if !w.some {
		w.out.start(false)
		w.out.end(false, true)
	}
	w.out.close()
}
