package api

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"

	"github.com/musterhq/muster/internal/ledger"
	"github.com/musterhq/muster/internal/world"
)

func (v *visit) tagResource(ctx context.Context, in *gamelift.TagResourceInput) (*gamelift.TagResourceOutput, error) {
	tags, err := tagMap(in.Tags)
	if err != nil {
		return nil, err
	}
	_, err = ledger.Do(ctx, v.Ledger, world.TagResource{ARN: value(in.ResourceARN), Tags: tags})
	return &gamelift.TagResourceOutput{}, err
}

func (v *visit) untagResource(ctx context.Context, in *gamelift.UntagResourceInput) (*gamelift.UntagResourceOutput, error) {
	_, err := ledger.Do(ctx, v.Ledger, world.UntagResource{ARN: value(in.ResourceARN), Keys: in.TagKeys})
	return &gamelift.UntagResourceOutput{}, err
}

func (v *visit) listTagsForResource(ctx context.Context, in *gamelift.ListTagsForResourceInput) (*gamelift.ListTagsForResourceOutput, error) {
	tags, err := ledger.View(ctx, v.Ledger, func(w *world.World) (map[string]string, error) { return w.Tags(value(in.ResourceARN)) })
	if err != nil {
		return nil, err
	}
	out := &gamelift.ListTagsForResourceOutput{Tags: make([]types.Tag, 0, len(tags))}
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		val := tags[k]
		out.Tags = append(out.Tags, types.Tag{Key: &k, Value: &val})
	}
	return out, nil
}

// tagMap returns the tags of a request. Errors: world.ErrTaggingFailed for a
// key that comes twice.
func tagMap(list []types.Tag) (map[string]string, error) {
	tags := make(map[string]string, len(list))
	for _, t := range list {
		tags[value(t.Key)] = value(t.Value)
	}
	if len(tags) < len(list) {
		return nil, &world.Error{Code: world.ErrTaggingFailed, Text: "a tag key is given twice: give each key one value"}
	}
	return tags, nil
}
