// Package localnode finds the node that a configuration folder belongs to: the
// address of its HTTP interface and whom to trust there, as Elasticsearch's own
// tools do (CommandLineHttpClient).
package localnode

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/realmctl/realmctl/internal/settings"
)

const (
	httpSSL     = "xpack.security.http.ssl"
	defaultPort = "9200"
	loopback    = "127.0.0.1"
)

// URL is where the node of these settings listens: http or https, the address that
// it publishes, and its port or the first one of its range.
func URL(s *settings.Settings) (string, error) {
	secure, err := s.Bool(httpSSL+".enabled", false)
	if err != nil {
		return "", err
	}
	scheme := "http"
	if secure {
		scheme = "https"
	}
	host, err := publishHost(s)
	if err != nil {
		return "", err
	}
	port, err := publishPort(s)
	if err != nil {
		return "", err
	}
	return scheme + "://" + net.JoinHostPort(host, port), nil
}

func publishPort(s *settings.Settings) (string, error) {
	for _, key := range []string{"http.publish_port", "http.port"} {
		text := strings.TrimSpace(s.Text(key, ""))
		if text == "" || text == "-1" {
			continue
		}
		first, _, _ := strings.Cut(text, ",")
		first, _, _ = strings.Cut(strings.TrimSpace(first), "-")
		if n, err := strconv.ParseUint(first, 10, 16); err != nil || n == 0 {
			return "", s.Errorf(key, "[%s] is no port", text)
		}
		return first, nil
	}
	return defaultPort, nil
}

// publishHost is the first host that the settings name. Wildcards and _local_ are
// this machine.
func publishHost(s *settings.Settings) (string, error) {
	for _, key := range []string{"http.publish_host", "http.host", "network.publish_host", "network.host"} {
		hosts, _ := s.Strings(key)
		if len(hosts) == 0 {
			continue
		}
		host, err := resolve(hosts[0])
		if err != nil {
			return "", s.Errorf(key, "%v", err)
		}
		return host, nil
	}
	return loopback, nil
}

// resolve follows NetworkService: _local_, _site_, _global_ and _name_, each perhaps
// with :ipv4 or :ipv6, stand for addresses of this machine.
func resolve(host string) (string, error) {
	if ip := net.ParseIP(strings.Trim(host, "[]")); ip != nil {
		if ip.IsUnspecified() {
			return loopback, nil
		}
		return ip.String(), nil
	}
	name, ok := strings.CutPrefix(host, "_")
	if !ok {
		return host, nil
	}
	name = strings.ReplaceAll(name, "_", "")
	name, family, _ := strings.Cut(name, ":")
	addresses, err := addressesOf(name)
	if err != nil {
		return "", err
	}
	addresses = slices.DeleteFunc(addresses, func(ip net.IP) bool {
		return !wanted(name, ip) || family == "ipv4" && ip.To4() == nil || family == "ipv6" && ip.To4() != nil
	})
	if len(addresses) == 0 {
		return "", fmt.Errorf("[%s] is no address of this machine", host)
	}
	return addresses[0].String(), nil
}

func wanted(name string, ip net.IP) bool {
	switch name {
	case "local":
		return ip.IsLoopback()
	case "site":
		return ip.IsPrivate()
	case "global":
		return ip.IsGlobalUnicast() && !ip.IsPrivate()
	}
	return true
}

// addressesOf are the addresses of an interface, or of all of them, IPv4 first.
func addressesOf(name string) ([]net.IP, error) {
	var found []net.Addr
	var err error
	if name == "local" || name == "site" || name == "global" {
		found, err = net.InterfaceAddrs()
	} else {
		var i *net.Interface
		if i, err = net.InterfaceByName(name); err == nil {
			found, err = i.Addrs()
		}
	}
	if err != nil {
		return nil, err
	}
	var list []net.IP
	for _, a := range found {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLinkLocalUnicast() {
			list = append(list, n.IP)
		}
	}
	slices.SortStableFunc(list, func(a, b net.IP) int { return family(a) - family(b) })
	return list, nil
}

func family(ip net.IP) int {
	if ip.To4() != nil {
		return 4
	}
	return 6
}

// Here reports whether a URL's host is this machine, by its address or by the name
// localhost: what is sent there is seen by nobody else.
func Here(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	host := u.Hostname()
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	if ip == nil || ip.IsLoopback() {
		return ip != nil
	}
	all, err := net.InterfaceAddrs()
	return err == nil && slices.ContainsFunc(all, func(a net.Addr) bool {
		n, ok := a.(*net.IPNet)
		return ok && n.IP.Equal(ip)
	})
}
