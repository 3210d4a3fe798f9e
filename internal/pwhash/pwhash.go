// Package pwhash makes and checks the hashes that Elasticsearch keeps of passwords,
// tokens and keys, byte for byte (its class Hasher). Slow ones run in a bounded
// pool, so that an attack on logins does not starve the rest.
package pwhash

import (
	"context"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync/atomic"

	"golang.org/x/crypto/bcrypt"

	"github.com/realmctl/realmctl/internal/secret"
)

// ErrBusy means that too many hashes wait already; the caller answers 429.
var ErrBusy = errors.New("server is too busy to respond")

// bcryptInput is how much of a password bcrypt looks at. Elasticsearch ignores the
// rest without a word, where the Go package refuses it.
const bcryptInput = 72

// Options of New. The zero value is what a server wants.
type Options struct {
	// Workers bounds the slow hashes at a time; 0 is half of the processors.
	Workers int
	// Queue bounds those that wait for a worker; 0 is 1000, as Elasticsearch's
	// pool security-crypto has it, less than 0 is none.
	Queue int
	// Plain accepts a stored text that is no hash, nor looks like one, as the
	// password itself, which Elasticsearch's file realm does. Without it such a
	// text lets nobody in.
	Plain bool
	// Counter, if not nil, is told the algorithm after every slow hash.
	Counter func(algorithm string)
}

// Pool hashes with one algorithm and checks hashes of all.
type Pool struct {
	alg     algorithm
	o       Options
	slots   chan struct{}
	waiting atomic.Int64
}

// New returns a pool that hashes with the named algorithm, one of Algorithms(Caches)
// in upper or lower case. Which names a setting may have is for Check to say.
func New(name string, o Options) (*Pool, error) {
	alg, err := resolve(name)
	if err != nil {
		return nil, err
	}
	if o.Workers <= 0 {
		o.Workers = (runtime.GOMAXPROCS(0) + 1) / 2
	}
	if o.Queue == 0 {
		o.Queue = 1000
	}
	return &Pool{alg: alg, o: o, slots: make(chan struct{}, o.Workers)}, nil
}

// Algorithm is the name of what Hash makes.
func (p *Pool) Algorithm() string { return p.alg.name }

// Hash returns a new hash of s. It returns ErrBusy when the queue is full, and the
// context's error when that ends while waiting.
func (p *Pool) Hash(ctx context.Context, s secret.String) (string, error) {
	var hash string
	var err error
	if busy := p.run(ctx, p.alg, func() { hash, err = p.alg.hash(s.Reveal()) }); busy != nil {
		return "", busy
	}
	return hash, err
}

// Verify reports whether s is the password that hash was made of; hash says itself
// how. It costs one slow hash when the answer is false, whatever hash is: where
// its own algorithm is a fast one or it is no hash at all, that of Spend.
//
// The error wraps ErrUnknown, ErrMalformed or ErrPlain when hash lets nobody in,
// and is ErrBusy or the context's when there was no time.
func (p *Pool) Verify(ctx context.Context, hash string, s secret.String) (bool, error) {
	stored, err := parse(hash)
	if err == nil && stored.family == plainText && !p.o.Plain && p.alg.family != plainText {
		err = ErrPlain
	}
	if err != nil {
		return false, errors.Join(p.Spend(ctx), err)
	}
	if !stored.slow() {
		if stored.matches(s.Reveal()) {
			return true, nil
		}
		return false, p.Spend(ctx)
	}
	var ok bool
	if err := p.run(ctx, stored.algorithm, func() { ok = stored.matches(s.Reveal()) }); err != nil {
		return false, err
	}
	return ok, nil
}

// Spend takes the time of one hash of the configured algorithm, for a user who
// does not exist. It returns what Hash does.
func (p *Pool) Spend(ctx context.Context) error {
	if !p.alg.slow() {
		return nil
	}
	_, err := p.Hash(ctx, "a password of no one")
	return err
}

// run computes f, a slow one in its turn.
func (p *Pool) run(ctx context.Context, a algorithm, f func()) error {
	if !a.slow() {
		f()
		return nil
	}
	if err := p.enter(ctx); err != nil {
		return err
	}
	defer func() { <-p.slots }()
	f()
	if p.o.Counter != nil {
		p.o.Counter(a.name)
	}
	return nil
}

func (p *Pool) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	default:
	}
	defer p.waiting.Add(-1)
	if p.waiting.Add(1) > int64(p.o.Queue) {
		return ErrBusy
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hash makes a new hash of a password.
func (a algorithm) hash(password string) (string, error) {
	switch a.family {
	case bcryptHash:
		b, err := bcrypt.GenerateFromPassword([]byte(password[:min(len(password), bcryptInput)]), a.cost)
		return string(b), err
	case pbkdf2Hash, stretchHash:
		salt := newSalt(32)
		key, err := a.derive(password, salt, 32)
		prefix := pbkdf2Prefix
		if a.family == stretchHash {
			prefix = stretchPrefix
		}
		return prefix + strconv.Itoa(a.cost) + "$" + encode(salt) + "$" + encode(key), err
	case sha1Hash:
		return sha1Prefix + digest(a.family, password, nil), nil
	case md5Hash:
		return md5Prefix + digest(a.family, password, nil), nil
	case ssha256Hash:
		salt := newSalt(8)
		return ssha256Prefix + encode(salt) + digest(a.family, password, salt), nil
	case plainText:
		return password, nil
	}
	return "", fmt.Errorf("unknown hash function [%s]", a.name)
}

// matches compares in constant time.
func (p parsed) matches(password string) bool {
	var computed string
	switch p.family {
	case bcryptHash:
		return bcrypt.CompareHashAndPassword([]byte(p.key), []byte(password)) == nil
	case pbkdf2Hash, stretchHash:
		key, err := p.derive(password, p.salt, base64.StdEncoding.DecodedLen(len(p.key))&^15)
		if err != nil {
			return false
		}
		computed = encode(key)
	case sha1Hash, md5Hash, ssha256Hash:
		computed = digest(p.family, password, p.salt)
	case plainText:
		computed = password
	}
	return subtle.ConstantTimeCompare([]byte(computed), []byte(p.key)) == 1
}

// derive is PBKDF2 with HMAC-SHA512; the stretching variant hashes first, so that
// a short password makes a key of full length (FIPS 140).
func (a algorithm) derive(password string, salt []byte, size int) ([]byte, error) {
	if a.family == stretchHash {
		sum := sha512.Sum512([]byte(password))
		password = hex.EncodeToString(sum[:])
	}
	return pbkdf2.Key(sha512.New, password, salt, a.cost, size)
}

// digest is the base64 of the hash of the password followed by the salt.
func digest(f family, password string, salt []byte) string {
	text := append(append(make([]byte, 0, 128), password...), salt...)
	switch f {
	case sha1Hash:
		sum := sha1.Sum(text)
		return encode(sum[:])
	case md5Hash:
		sum := md5.Sum(text)
		return encode(sum[:])
	default:
		sum := sha256.Sum256(text)
		return encode(sum[:])
	}
}

func newSalt(n int) []byte {
	salt := make([]byte, n)
	_, _ = rand.Read(salt) // never fails, says its documentation
	return salt
}

func encode(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
