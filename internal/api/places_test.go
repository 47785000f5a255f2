package api_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/gamelift"
	"github.com/aws/aws-sdk-go-v2/service/gamelift/types"
)

func TestLocations(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		made := call[gamelift.CreateLocationOutput](h, &gamelift.CreateLocationInput{LocationName: aws.String("custom-1")})
		want := types.LocationModel{LocationName: aws.String("custom-1"), LocationArn: aws.String("arn:aws:gamelift:us-east-1:000000000000:location/custom-1")}
		equal(t, *made.Location, want)
		for i := 2; i <= 5; i++ {
			h.location(fmt.Sprintf("custom-%d", i))
		}
		list := func(filters ...types.LocationFilter) []string {
			return collect(t, func(token *string) ([]types.LocationModel, *string) {
				out := call[gamelift.ListLocationsOutput](h, &gamelift.ListLocationsInput{Filters: filters, Limit: aws.Int32(2), NextToken: token})
				return out.Locations, out.NextToken
			}, func(l types.LocationModel) string { return *l.LocationName })
		}
		all := []string{"custom-1", "custom-2", "custom-3", "custom-4", "custom-5"}
		equal(t, list(), all)
		equal(t, list(types.LocationFilterCustom, types.LocationFilterAws), all)
		equal(t, list(types.LocationFilterAws), []string(nil))

		h.refused(&gamelift.CreateLocationInput{LocationName: aws.String("custom-1")}, "ConflictException", "custom-1")
		h.refused(&gamelift.CreateLocationInput{LocationName: aws.String("attic-of-mine")}, "InvalidRequestException", "locationName")
		h.refused(&gamelift.CreateLocationInput{LocationName: aws.String("custom-9"), Tags: []types.Tag{{Key: aws.String("aws:k"), Value: aws.String("v")}}}, "TaggingFailedException", "aws:")
		h.refused(&gamelift.ListLocationsInput{Limit: aws.Int32(201)}, "InvalidRequestException", "limit")

		// A page begins where the one before ended, whatever was deleted.
		first := call[gamelift.ListLocationsOutput](h, &gamelift.ListLocationsInput{Limit: aws.Int32(2)})
		call[gamelift.DeleteLocationOutput](h, &gamelift.DeleteLocationInput{LocationName: aws.String("custom-2")})
		rest := call[gamelift.ListLocationsOutput](h, &gamelift.ListLocationsInput{NextToken: first.NextToken})
		if len(rest.Locations) != 3 || *rest.Locations[0].LocationName != "custom-3" || rest.NextToken != nil {
			t.Errorf("the second page has %d locations", len(rest.Locations))
		}

		call[gamelift.DeleteLocationOutput](h, &gamelift.DeleteLocationInput{LocationName: want.LocationArn})
		h.refused(&gamelift.DeleteLocationInput{LocationName: aws.String("custom-1")}, "NotFoundException", "custom-1")
		call[gamelift.CreateFleetOutput](h, anywhere("custom-3"))
		h.refused(&gamelift.DeleteLocationInput{LocationName: aws.String("custom-3")}, "InvalidRequestException", "in use by fleet")
	})
}

func TestTags(t *testing.T) {
	eachProtocol(t, func(t *testing.T, h *house) {
		h.t = t
		tag := func(k, v string) types.Tag { return types.Tag{Key: &k, Value: &v} }
		fleet := h.fleet("custom-hall")
		alias := h.alias("live", fleet)
		for _, arn := range []string{
			"arn:aws:gamelift:us-east-1:000000000000:fleet/" + fleet,
			*alias.AliasArn,
			"arn:aws:gamelift:us-east-1:000000000000:location/custom-hall",
		} {
			list := func() []types.Tag {
				return call[gamelift.ListTagsForResourceOutput](h, &gamelift.ListTagsForResourceInput{ResourceARN: &arn}).Tags
			}
			if tags := list(); len(tags) > 0 {
				t.Errorf("%s has tags %v", arn, tags)
			}
			call[gamelift.TagResourceOutput](h, &gamelift.TagResourceInput{ResourceARN: &arn, Tags: []types.Tag{tag("b", "2"), tag("a", "1")}})
			call[gamelift.TagResourceOutput](h, &gamelift.TagResourceInput{ResourceARN: &arn, Tags: []types.Tag{tag("b", ""), tag("c", "3")}})
			call[gamelift.UntagResourceOutput](h, &gamelift.UntagResourceInput{ResourceARN: &arn, TagKeys: []string{"c", "absent"}})
			equal(t, list(), []types.Tag{tag("a", "1"), tag("b", "")})

			many := make([]types.Tag, 199)
			for i := range many {
				many[i] = tag(fmt.Sprintf("key-%d", i), "v")
			}
			h.refused(&gamelift.TagResourceInput{ResourceARN: &arn, Tags: many}, "TaggingFailedException", "200")
			h.refused(&gamelift.TagResourceInput{ResourceARN: &arn, Tags: []types.Tag{tag("x", "1"), tag("x", "2")}}, "TaggingFailedException", "twice")
		}
		for _, arn := range []string{"arn:aws:gamelift:us-east-1::alias/alias-x", "arn:aws:gamelift:us-east-1::gamesession/fleet-1/custom-hall/x"} {
			h.refused(&gamelift.TagResourceInput{ResourceARN: &arn, Tags: []types.Tag{tag("a", "1")}}, "NotFoundException", arn)
			h.refused(&gamelift.UntagResourceInput{ResourceARN: &arn, TagKeys: []string{"a"}}, "NotFoundException", arn)
			h.refused(&gamelift.ListTagsForResourceInput{ResourceARN: &arn}, "NotFoundException", arn)
		}
		h.refused(&gamelift.ListTagsForResourceInput{ResourceARN: aws.String("")}, "InvalidRequestException", "resourceARN")
	})
}
