package envfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// gitPatience is how long git may take over a question.
const gitPatience = 5 * time.Second

// gitCheck keeps secrets out of version control: a file that git tracks is
// refused, one that it does not ignore is worth a notice. git is asked where it
// is installed; else the index is searched for the name, and ignore rules, which
// only decide about the notice, are left alone.
func gitCheck(ctx context.Context, path string) (notice string, err error) {
	dir, base, err := folderOf(path)
	if err != nil {
		return "", err
	}
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		dir = resolved
	}
	top, ok := workTree(dir)
	if !ok {
		return "", nil
	}
	rel, err := filepath.Rel(top, filepath.Join(dir, base))
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, gitPatience)
	defer cancel()
	tracked, asked := ask(ctx, top, "--literal-pathspecs", "ls-files", "--error-unmatch", "--", rel)
	if !asked {
		tracked = inIndex(top, filepath.ToSlash(rel))
	}
	if tracked {
		return "", fmt.Errorf("%s is %w: a secret in it would be published", path, ErrTracked)
	}
	ignored, asked := ask(ctx, top, "check-ignore", "--quiet", "--", "."+string(filepath.Separator)+rel) // ./ keeps a leading : literal
	switch {
	case !asked:
		return fmt.Sprintf("git could not be asked whether it ignores %s; make sure that .gitignore has the line /%s", path, filepath.ToSlash(rel)), nil
	case !ignored:
		return fmt.Sprintf("git does not ignore %s; add the line /%s to %s", path, filepath.ToSlash(rel), filepath.Join(top, ".gitignore")), nil
	}
	return "", nil
}

// workTree goes up from dir to the folder with a .git in it.
func workTree(dir string) (string, bool) {
	for {
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			return dir, true
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", false
		}
		dir = up
	}
}

// ask runs git for a yes (exit 0) or no (exit 1). The folder may be hostile, so
// nothing that its configuration names is run, and the caller's GIT_ variables do
// not lead elsewhere.
func ask(ctx context.Context, top string, args ...string) (yes, asked bool) {
	git, err := exec.LookPath("git")
	if err != nil {
		return false, false
	}
	args = append([]string{"-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull}, args...)
	cmd := exec.CommandContext(ctx, git, args...) //nolint:gosec // git, with our own arguments
	cmd.Dir = top
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "GIT_") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	err = cmd.Run()
	if err == nil {
		return true, true
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	return false, ok && exit.ExitCode() == 1
}

// inIndex searches the index for the name, which it holds as it is and ends with
// NUL (gitformat-index(5), up to version 3). A false alarm is the safe mistake.
func inIndex(top, rel string) bool {
	dir := filepath.Join(top, ".git")
	if info, err := os.Stat(dir); err == nil && info.Mode().IsRegular() { // a linked work tree
		text, err := os.ReadFile(dir)
		if err != nil {
			return true
		}
		to, _ := strings.CutPrefix(strings.TrimSpace(string(text)), "gitdir: ")
		if !filepath.IsAbs(to) {
			to = filepath.Join(top, to)
		}
		dir = to
	}
	index, err := os.ReadFile(filepath.Join(dir, "index")) //nolint:gosec // only searched for a name
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	return bytes.Contains(index, []byte(rel+"\x00"))
}
