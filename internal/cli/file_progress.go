package cli

import (
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress shows how far long work is, on the standard error of a terminal and
// nowhere else. The zero value shows nothing.
type progress struct {
	all *mpb.Progress
	bar *mpb.Bar
}

// progress begins to show work of so many steps.
func (a *App) progress(what string, steps int) progress {
	if !a.ErrTTY || a.flags.Quiet || a.inCI() || steps < 2 {
		return progress{}
	}
	p := progress{all: mpb.New(mpb.WithOutput(a.Err), mpb.WithWidth(progressWidth))}
	p.bar = p.all.AddBar(int64(steps),
		mpb.PrependDecorators(decor.Name(what+" "), decor.CountersNoUnit("%d/%d ")),
		mpb.AppendDecorators(decor.Percentage(decor.WC{W: 5})),
		mpb.BarRemoveOnComplete(),
	)
	return p
}

// progressWidth is that of the bar, in columns.
const progressWidth = 40

// step is called after each.
func (p progress) step() {
	if p.bar != nil {
		p.bar.Increment()
	}
}

// end takes the bar away, also when work stopped half-way.
func (p progress) end() {
	if p.bar != nil {
		p.bar.Abort(true)
		p.all.Wait()
	}
}
