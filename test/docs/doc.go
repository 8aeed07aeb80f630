// Package docs holds tests of the pages of this repository: links lead
// somewhere, and what a page lists is what the code has.
package docs
