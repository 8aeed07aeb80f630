// Package catalog knows the models: what each can do, under which names it is
// asked for, what it costs, and what serves in the place of a retired one.
//
// Everything it knows is data, in catalog.json; no rule about a model's name
// stands in code. The file is read top to bottom: families first, then the
// models that are like a family or like another model, then the patterns for
// ids the file does not list. An operator's file of the same form changes or
// adds to it, field by field.
//
//	catalog.json + operator's file
//	   entries   one per id, its layers decoded one over the other   load.go
//	   rows      each a copy of the row it is like, changed           row.go
//	   checks    levels, ratios, dimensions, successors, patterns     validate.go
//	   names     as asked, to the row that answers                    resolve.go
package catalog
