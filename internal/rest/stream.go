package rest

import (
	"bytes"
	"io"
	"iter"
	"net/http"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/rest/envelope"
	"github.com/realmctl/realmctl/internal/rest/render"
)

// Stream is a large answer: an object one member of which is a list that is written
// while it is read. Items must hold no database connection between pages.
//
// An error of Items before the first bytes went out becomes the answer; a later one
// breaks the connection, so that nobody takes a part for the whole.
type Stream struct {
	Before []fault.Field // members before the list
	// Name of the member that holds the items as an array. Empty: each item is a
	// Member of the object itself.
	Name  string
	Items iter.Seq2[any, error]
	After []fault.Field // members after the list
}

// Member is an item of a Stream that has no array.
type Member = fault.Field

// flushAt is how much of a stream is collected before it is sent.
const flushAt = 64 << 10

// stream writes a Stream. What fits one buffer is sent with its length.
func (x *exchange) stream(status int, s Stream) error {
	buf := x.h.buffers.get()
	defer x.h.buffers.put(buf)
	w := render.New(buf, x.format.Options)
	var out io.Writer
	var finish func() error
	flush := func() error {
		if out == nil {
			out, finish = x.openStream(status)
		}
		if x.r.Method == http.MethodHead {
			buf.Reset()
			return nil
		}
		_, err := buf.WriteTo(out)
		return err
	}
	if err := s.write(w, buf, flush); err != nil {
		return err
	}
	if out == nil {
		return x.sendRendered(status, buf)
	}
	if err := flush(); err != nil {
		return err
	}
	return finish()
}

// openStream writes the head of an answer of unknown length.
func (x *exchange) openStream(status int) (io.Writer, func() error) {
	if !x.wantsGzip() {
		x.head(status, x.format.contentType, -1)
		return x.w, func() error { return nil }
	}
	x.w.Header().Set("Content-Encoding", "gzip")
	x.head(status, x.format.contentType, -1)
	z := x.h.gzipTo(x.w)
	return z, func() error {
		err := z.Close()
		x.h.gzips.Put(z)
		return err
	}
}

// write sends the stream through w, and calls flush when buf is full.
func (s Stream) write(w *render.Writer, buf *bytes.Buffer, flush func() error) error {
	w.StartObject()
	if err := writeMembers(w, s.Before); err != nil {
		return err
	}
	if s.Name != "" {
		w.Name(s.Name)
		w.StartArray()
	}
	for item, err := range s.Items {
		if err == nil {
			err = s.item(w, item)
		}
		if err == nil && buf.Len() >= flushAt {
			err = flush()
		}
		if err != nil {
			return err
		}
	}
	if s.Name != "" {
		w.End()
	}
	if err := writeMembers(w, s.After); err != nil {
		return err
	}
	w.End()
	w.Close()
	return nil
}

func (s Stream) item(w *render.Writer, item any) error {
	if s.Name == "" {
		if m, ok := item.(Member); ok {
			return writeMembers(w, []fault.Field{m})
		}
	}
	return writeValue(w, item)
}

func writeMembers(w *render.Writer, all []fault.Field) error {
	for _, m := range all {
		w.Name(m.Name)
		if err := writeValue(w, m.Value); err != nil {
			return err
		}
	}
	return nil
}

func writeValue(w *render.Writer, v any) error {
	body, err := envelope.JSON(v)
	if err != nil {
		return err
	}
	return w.Value(body)
}
