package httpsource

import (
	"net/http"
	"strings"
)

// Shopify returns the configuration of a table of the Admin API of a shop, such
// as orders: pages by the header Link, two requests a second, and the number of
// records asked for apart. version is that of the API, such as 2025-10.
func Shopify(label, shop, version, table, token string) Config {
	base := strings.TrimSuffix(shop, "/") + "/admin/api/" + version + "/" + table
	window := "created_at_min={from}&created_at_max={to}"
	if table == "orders" {
		window += "&status=any"
	}
	return Config{Label: label, URL: base + ".json?limit=250&" + window, Items: table, Link: true,
		Count: base + "/count.json?" + window, CountAt: "count", PerSecond: 2,
		Header: http.Header{"X-Shopify-Access-Token": {token}}}
}

// FHIR returns the configuration of a search of a FHIR server: query is such as
// Observation?category=vital-signs. Columns are paths from the resource:
// identifier.0.value. The window is that of _lastUpdated.
func FHIR(label, base, query, token string) Config {
	join := "?"
	if strings.Contains(query, "?") {
		join = "&"
	}
	c := Config{Label: label, URL: strings.TrimSuffix(base, "/") + "/" + query + join + "_count=500&_total=accurate&_lastUpdated=ge{from}&_lastUpdated=lt{to}",
		Items: "entry", Next: fhirNext, Total: "total", Size: "_count", Header: http.Header{"Accept": {"application/fhir+json"}}}
	if token != "" {
		c.Header.Set("Authorization", "Bearer "+token)
	}
	return c
}
